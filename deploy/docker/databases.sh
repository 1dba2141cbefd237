#!/bin/sh
# Runs once, when the PostgreSQL volume is new: a database, an owner that migrates and a serving role each.
set -eu
for service in registry draw inspection disclosure; do
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -v password="$SUICHA_DATABASE_PASSWORD" <<SQL
CREATE ROLE ${service}_owner LOGIN PASSWORD :'password';
CREATE ROLE ${service}_service LOGIN PASSWORD :'password';
CREATE DATABASE suicha_${service} OWNER ${service}_owner;
SQL
done
