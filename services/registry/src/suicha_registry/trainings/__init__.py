"""Training of inspectors (S0 六（三）, S1 二（五）、三（三）, S3 Art. 5; R15), and who is ready for a round."""
