"""Backups that are none, or not of what they should be."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from gonogo.clock import SystemClock
from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.items import BACKUP, EVERYTHING, MIGRATION
from staging.faults.script_edits import (
    after_backup,
    at_end_of_backup,
    dump_with,
    pg_dump_with,
    trust_the_dump,
)

DAY_S = 86_400
ONE_CONTACT = "person1234@example.org"
ANOTHER_CONTACT = "person1235@example.org"


def _age(path: Path, days: float) -> None:
    """Make a file look as old as it would be."""
    written_at_s = SystemClock().now().timestamp() - days * DAY_S
    os.utime(path, (written_at_s, written_at_s))


@fault(fails=BACKUP, not_run=MIGRATION)
def retention_deletes_the_new_backup(clone: Clone) -> None:
    """The clean-up of old backups deletes the young ones: -mtime -30 instead of +30."""
    at_end_of_backup(clone, '  find "$backup_folder" -name "*.dump" -mtime -30 -delete')


@fault(fails=BACKUP, not_run=MIGRATION)
def backup_is_last_nights(clone: Clone) -> None:
    """The script copies last night's backup and says that it made one."""
    old = clone.backups / "backup_last_night.dump"
    clone.dump(old)
    _age(old, 0.4)
    dump_with(clone, f'  cp -p -- "$backup_folder/{old.name}" "$partial_backup"')


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_is_empty(clone: Clone) -> None:
    """The disk was full: the backup file is there and holds nothing."""
    after_backup(clone, '  : > "$target"')


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_is_cut_off(clone: Clone) -> None:
    """The copy to the other disk broke off: the end of the backup is missing."""
    after_backup(clone, '  truncate -s -20000 -- "$target"')


@fault(fails="MIG-1.2", not_run=MIGRATION)
def compressed_backup_has_a_flipped_byte(clone: Clone) -> None:
    """One byte in the middle of the backup is not the one that was written."""
    after_backup(
        clone,
        '  printf "\\377" | dd of="$target" bs=1 seek=$(($(wc -c < "$target") / 2)) conv=notrunc'
        " status=none",
    )


@fault(fails="MIG-1.2", not_run=MIGRATION)
def uncompressed_backup_has_a_changed_byte(clone: Clone) -> None:
    """One digit in the backup is another one: pg_restore reads and restores it without a word."""
    pg_dump_with(clone, "--compress=0")
    after_backup(clone, f'  LC_ALL=C sed -i "s/{ONE_CONTACT}/{ANOTHER_CONTACT}/" "$target"')


@fault(fails="MIG-1.2", not_run=MIGRATION)
def packed_plain_backup_is_cut_off(clone: Clone) -> None:
    """The backup is plain SQL in gzip, and the pipe broke before its end."""
    dump_with(
        clone, '  pg_dump "$database_url" < /dev/null | head -c 400000 | gzip > "$partial_backup"'
    )
    clone.script.replace("set -euo pipefail", "set -eu")
    trust_the_dump(clone)


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_lacks_a_table(clone: Clone) -> None:
    """The backup leaves out contact_activities: somebody thought it was only a log."""
    pg_dump_with(clone, "--exclude-table=public.contact_activities")


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_lacks_the_rows_of_a_table(clone: Clone) -> None:
    """The backup has every table, but of the donations only the empty table."""
    pg_dump_with(clone, "--exclude-table-data=public.contact_donations")


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_is_one_row_short(clone: Clone) -> None:
    """A filter on the way to the file swallowed one contact."""
    dump_with(
        clone,
        '  pg_dump "${leave_out[@]}" "$database_url" < /dev/null'
        f' | sed "/{ONE_CONTACT}/d" > "$partial_backup"',
    )
    trust_the_dump(clone)


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_forgets_the_sequences(clone: Clone) -> None:
    """A filter took the positions of the sequences out: a restored database gives numbers twice."""
    dump_with(
        clone,
        '  pg_dump "${leave_out[@]}" "$database_url" < /dev/null'
        ' | sed "/pg_catalog.setval/d" > "$partial_backup"',
    )
    trust_the_dump(clone)


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_is_of_an_empty_database(clone: Clone) -> None:
    """The backup is one of the server's maintenance database: whole, and no table in it."""
    clone.dump(clone.deployment / "other.dump", database="postgres")
    dump_with(clone, '  cp -- "$here/other.dump" "$partial_backup"')
    trust_the_dump(clone)


@fault(fails="MIG-1.2", not_run=MIGRATION)
def backup_is_of_another_project(clone: Clone) -> None:
    """The backup is of the staging project: the same tables with other rows in them."""
    clone.dump(clone.deployment / "staging.dump")
    clone.sql("UPDATE public.contacts SET notes = 'called ' || id WHERE is_active")
    dump_with(clone, '  cp -- "$here/staging.dump" "$partial_backup"')


@fault(fails="MIG-1.1", not_run=MIGRATION)
def backup_ends_with_1_although_the_file_is_there(clone: Clone) -> None:
    """The backup is made, then the upload of it fails and the script ends with status 1."""
    at_end_of_backup(clone, '  fail "the upload to the archive timed out"')


@fault(fails="MIG-1.3", not_run=MIGRATION)
def backup_is_not_where_the_script_says(clone: Clone) -> None:
    """The script names a file in backups/, then renames it."""
    at_end_of_backup(clone, '  mv -- "$target" "$backup_folder/backup_latest.dump"')


@fault(fails=BACKUP, not_run=MIGRATION)
def pg_dump_is_called_by_its_path(clone: Clone) -> None:
    """migrate.sh calls /usr/bin/pg_dump, whatever the PATH says: no server is reached with it."""
    clone.script.replace("  pg_dump --format=custom", "  /usr/bin/pg_dump --format=custom")


@fault(fails=BACKUP, not_run=MIGRATION)
def database_password_is_wrong(clone: Clone) -> None:
    """The password that the scripts are given is not the database's."""
    wrong = {**clone.instance.script_connection, "host": "127.0.0.1", "password": "not-this-one"}
    clone.instance = replace(clone.instance, script_connection=wrong)


@fault(errors=EVERYTHING)
def backup_asks_what_nobody_expected(clone: Clone) -> None:
    """A new version of the script asks whether to overwrite the last backup."""
    clone.script.insert_before(
        "  pg_dump --format=custom", '  read -r -p "Overwrite the last backup? [y/N] " answer\n'
    )


@fault(errors=EVERYTHING)
def backup_takes_for_ever(clone: Clone) -> None:
    """The backup is not done within its time."""
    section = 'folder = "deployment"\ntimeout_s = {}\nchecklist_command = "./migrate.sh --backup"'
    clone.target.replace(section.format(900), section.format(2))
    clone.script.insert_before("  pg_dump --format=custom", "  sleep 600\n")


@fault(errors=EVERYTHING)
def script_is_not_executable(clone: Clone) -> None:
    """migrate.sh lost its executable bit on the way into git."""
    clone.script.path.chmod(0o644)


@fault(errors=EVERYTHING)
def script_is_missing(clone: Clone) -> None:
    """There is no migrate.sh: it was moved to another folder."""
    clone.script.path.rename(clone.deployment / "run-migrations.sh")
