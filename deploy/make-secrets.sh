#!/bin/sh
# Makes the files that docker-compose.yml takes its secrets from: random passwords, and a random key. What is there stays.
# The model provider's key is asked for on a terminal, and is otherwise yours to write into secrets/openai_api_key.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
for name in postgres_superuser temporal_database countersign_owner \
  store_agent store_model store_tools store_notify store_record store_gateway store_audit; do
  [ -e "secrets/$name" ] || od -An -N 24 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name"
done
[ -e secrets/mark_key ] || od -An -N 32 -tx1 /dev/urandom | tr -d ' \n' >secrets/mark_key
if [ ! -e secrets/openai_api_key ]; then
  if [ -t 0 ]; then
    printf 'API key of the model provider (not shown): ' >&2
    stty -echo
    IFS= read -r key || true
    stty echo
    printf '\n' >&2
    printf '%s\n' "$key" >secrets/openai_api_key
  else
    echo 'write the API key of the model provider into secrets/openai_api_key' >&2
  fi
fi
if [ "$(id -u)" -ne 1000 ]; then
  if [ "$(id -u)" -eq 0 ]; then
    chown -R 1000:1000 secrets
  else
    echo 'the containers run as user 1000, who must own the secrets: sudo chown -R 1000:1000 secrets' >&2
  fi
fi
