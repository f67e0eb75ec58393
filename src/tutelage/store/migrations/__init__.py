"""The database's tables, one change after another; `tutelage.store.migration` carries out those that are missing."""
