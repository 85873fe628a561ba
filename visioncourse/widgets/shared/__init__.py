"""What several widgets use: the Demo itself, arguments, points, presets, pictures as bytes, controls, and in esm/ the same for browsers."""
