#!/bin/sh
# Makes and upgrades Temporal's tables in its two databases. May run at every start.
set -eu
SQL_PASSWORD="$(cat /run/secrets/temporal_database)"
export SQL_PASSWORD
for database in temporal temporal_visibility; do
  folder=$database
  [ "$database" = temporal_visibility ] && folder=visibility
  temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "$database" setup-schema -v 0.0
  temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "$database" \
    update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
done
