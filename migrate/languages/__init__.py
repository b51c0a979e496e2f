"""What do people write, in the languages that legacy systems speak? Knows no file and no frame."""
