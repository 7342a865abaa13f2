"""Civil procedure of mainland China: one module per method of service, and the questions that they share."""
