"""The rule as JSON values, as the visual builder and the interface speak it, there and back without loss."""
