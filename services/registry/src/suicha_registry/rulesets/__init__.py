"""Rulesets (规则集): YAML in, checked against the schema, one immutable row a version."""
