"""What trust/ decides, told to the people concerned: trust stands below messages and only publishes events."""
