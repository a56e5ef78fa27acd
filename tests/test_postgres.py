"""The tests' own PostgreSQL: the roles must be such that row level security bites."""

import psycopg
import pytest

from tests.postgres import Database, Server


def test_every_test_gets_an_empty_database_of_its_own(postgres_server: Server) -> None:
    first, second = postgres_server.create_database(), postgres_server.create_database()
    with psycopg.connect(first.owner_url) as connection:
        connection.execute("CREATE TABLE only_here (n integer)")
    with psycopg.connect(second.owner_url) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM only_here")
    postgres_server.drop_database(first)
    postgres_server.drop_database(second)


def test_a_copy_of_a_database_brings_its_tables_along(postgres_server: Server, postgres_database: Database) -> None:
    with psycopg.connect(postgres_database.owner_url) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT generate_series(1, 3) AS n")
    copy = postgres_server.create_database(template=postgres_database.name)
    with psycopg.connect(copy.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM numbers").fetchone() == (3,)
    postgres_server.drop_database(copy)


def test_the_application_role_sees_only_what_a_policy_lets_it_see(postgres_database: Database) -> None:
    with psycopg.connect(postgres_database.owner_url) as connection:
        connection.execute("CREATE TABLE notes (tenant integer, note text)")
        connection.execute("INSERT INTO notes VALUES (1, 'ours'), (2, 'theirs')")
        connection.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE notes FORCE ROW LEVEL SECURITY")
        connection.execute("GRANT SELECT ON notes TO kohorte_app")
        connection.execute("CREATE POLICY own ON notes USING (tenant = current_setting('test.tenant')::integer)")
    for url in (postgres_database.app_url, postgres_database.owner_url):
        with psycopg.connect(url) as connection:
            connection.execute("SET LOCAL test.tenant = 1")
            assert connection.execute("SELECT note FROM notes").fetchall() == [("ours",)]
    with psycopg.connect(postgres_database.superuser_url) as connection:
        assert len(connection.execute("SELECT note FROM notes").fetchall()) == 2


@pytest.mark.parametrize("statement", ["SELECT * FROM notes", "CREATE TABLE mine (n integer)"])
def test_the_application_role_has_no_right_that_nobody_gave_it(postgres_database: Database, statement: str) -> None:
    with psycopg.connect(postgres_database.owner_url) as connection:
        connection.execute("CREATE TABLE notes (note text)")
    with psycopg.connect(postgres_database.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
