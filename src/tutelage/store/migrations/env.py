"""What Alembic runs: the missing changes, in the transaction that `migration.upgrade` has begun."""

from alembic import context

from tutelage.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
