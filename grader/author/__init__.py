"""What somebody who writes lessons needs beside the proof: scaffolds, and answers tried in seconds."""
