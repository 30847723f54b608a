"""Files: bytes under their SHA-256 in the data folder, type decided by content, images re-encoded.

`actions.store` writes a stream to the folder and a row to the database, `open_file` reads it back, and the nightly
sweep removes what no row of any domain points to. Who may see a file is decided by its owner's domain, never here.
The four functions of `folder.py` are all that an S3 folder would have to offer.
"""
