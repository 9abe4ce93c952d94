
import os
from alembic import context
from sqlalchemy import create_engine
url = os.environ.get("DB_URL") or context.config.get_main_option("sqlalchemy.url")
EXTRA = dict()
def offline():
    context.configure(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"}, transaction_per_migration=True, **EXTRA)
    with context.begin_transaction():
        pass
        context.run_migrations()
def online():
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True, **EXTRA)
        with context.begin_transaction():
            pass
            context.run_migrations()
if context.is_offline_mode(): offline()
else: online()
