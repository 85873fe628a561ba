"""Pure renderers: arrays to arrays, or arrays to PNG bytes. Nothing here knows about widgets."""
