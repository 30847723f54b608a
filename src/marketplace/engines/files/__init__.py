"""Files: bytes under their SHA-256 in the data folder, type decided by content, images re-encoded."""
