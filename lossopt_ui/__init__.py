"""What the pages share: navigation, controls, charts, links, training, workspace."""
