"""What is said over HTTP about rounds, and the parts of a round that are kept as documents."""
