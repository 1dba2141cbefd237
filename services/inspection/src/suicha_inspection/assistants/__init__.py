"""Experts and institutions that assist at a visit (S1 二（一）, S3 Art. 9); they never inspect (国办发〔2024〕54号)."""
