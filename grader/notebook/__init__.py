"""From a lesson to notebooks: built for learners, with stored pictures, and executed."""
