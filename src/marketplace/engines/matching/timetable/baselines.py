"""What the planner is compared with: simple ways to fill a fair."""
