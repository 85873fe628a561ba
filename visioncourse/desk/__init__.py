"""What watches and helps the learner: setting up, checking, troubles and their cures, the map of the course."""
