#!/bin/sh
# Runs once, when the database is made: an owner and a database each for Temporal and for Countersign. Neither can see the
# other's. The roles of Countersign's processes are made by `countersign setup`, as the owner.
set -eu
# psql reads the passwords itself: on its command line others would see them.
psql --username=postgres --set=ON_ERROR_STOP=1 <<'SQL'
\set temporal_password `cat /run/secrets/temporal_database`
\set owner_password `cat /run/secrets/countersign_owner`
create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke all on database temporal, temporal_visibility from public;
create role countersign_owner login createrole password :'owner_password';
create database countersign owner countersign_owner;
revoke all on database countersign from public;
SQL
