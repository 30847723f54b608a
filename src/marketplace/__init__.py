"""A job and freelance gig marketplace for technology parks. The floors and their order: docs/architecture.md."""
