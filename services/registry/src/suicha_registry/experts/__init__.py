"""The expert pool (专家库, S1 二（一）; S3 Art. 9): people and institutions that assist, never inspect."""
