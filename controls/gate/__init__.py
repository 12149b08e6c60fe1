"""The write gate and the rules it keeps."""
