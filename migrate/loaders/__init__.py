"""The families of targets: one public module each, found by file name and imported on use."""
