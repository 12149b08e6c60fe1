"""What the assistant's models are told: as shipped, and as people have changed it since."""
