"""What the playground's page is made of."""
