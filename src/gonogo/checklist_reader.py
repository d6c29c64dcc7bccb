"""Collect what the lines of a checklist declare, and refuse what has no id of its own. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gonogo.checklist_attributes import Comment, Form, defaults, read_comment
from gonogo.checklist_document import Line, LineKind
from gonogo.checklist_items import (
    DEFAULT_ROLE,
    MILESTONE_OF_PHASE,
    PHASES,
    Field,
    Group,
    Item,
    Section,
    Signature,
)
from gonogo.errors import ChecklistError

if TYPE_CHECKING:
    from collections.abc import Callable

_ALLOWED_FORMS = {
    LineKind.HEADING: (Form.SECTION, Form.GROUP),
    LineKind.BOX: (Form.ITEM, Form.GROUP),
    LineKind.METRIC_ROW: (Form.ITEM,),
    LineKind.OTHER: (Form.SIGN, Form.FIELD, Form.GROUP),
}


@dataclass(kw_only=True)
class Reader:
    """Takes the lines of one document in order and collects what their comments declare."""

    path: str
    items: list[Item] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    signs: list[tuple[Line, Comment, Section]] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    group_boxes: int = 0
    # The headings the current line stands under, outermost first.
    _open: list[tuple[int, Section]] = field(default_factory=list)
    _line_of_id: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, line: Line) -> None:
        """Record what one line declares; ChecklistError where it declares nothing and should."""
        if line.kind is LineKind.HEADING:
            self._open = [(level, section) for level, section in self._open if level < line.level]
        if not line.comment:
            self._refuse_without_id(line)
            return
        comment = read_comment(line.comment, where=self._where(line))
        self._refuse_misplaced(line, comment.form)
        takers: dict[Form, Callable[[Line, Comment], None]] = {
            Form.SECTION: self._take_section,
            Form.GROUP: self._take_group,
            Form.ITEM: self._take_item,
            Form.SIGN: self._take_sign,
            Form.FIELD: self._take_field,
        }
        takers[comment.form](line, comment)

    def refuse_loose_ends(self) -> None:
        """Refuse what only shows at the end: no items, a group without any."""
        if not self.items:
            raise ChecklistError(
                "the checklist has no items",
                where=f"{self.path}:1",
                expected="at least one box or metric row with an id",
                found="none",
                do="give every box an id, or name the right file",
            )
        used = {item.group for item in self.items}
        for group in self.groups.values():
            if group.id not in used:
                raise ChecklistError(
                    f"the group {group.id} has no leaves",
                    where=f"{self.path}:{group.line}",
                    expected=f"items {group.id}.1, {group.id}.2, …",
                    found="none",
                    do=f"a group without leaves is an item: write 'gonogo: {group.id}'",
                )

    def signatures(self) -> tuple[Signature, ...]:
        """Return the signatures: each over its section, or over everything (a final role)."""
        return tuple(self._signature(*sign) for sign in self.signs)

    def _signature(self, line: Line, comment: Comment, section: Section) -> Signature:
        covers = tuple(item.id for item in self.items)
        if comment.id == section.id:
            under = {section.id}
            for one in self.sections.values():
                if one.parent in under:
                    under.add(one.id)
            covers = tuple(item.id for item in self.items if item.section in under)
        if not covers:
            raise ChecklistError(
                f"the signature {comment.id} is over no item",
                where=self._where(line),
                expected="a section that holds items",
                found=f"section {comment.id} without any",
                do="name the section that is signed",
            )
        return Signature(
            id=comment.id,
            label=line.label,
            section=section.id,
            role=comment.values.get("role", DEFAULT_ROLE),
            line=line.number,
            text=line.text,
            text_sha256=_sha256(line.text),
            covers=covers,
        )

    def _take_section(self, line: Line, comment: Comment) -> None:
        self._claim("section", comment.id, line)
        parent = self._open[-1][1] if self._open else None
        values = comment.values
        phase = values.get("phase", parent.phase if parent else "")
        if not phase:
            raise ChecklistError(
                f"the section {comment.id} has no phase",
                where=self._where(line),
                expected=f"phase= one of {', '.join(PHASES)}",
                found="none, and no section above it has one",
                do="add the phase to the comment",
            )
        inherited = parent.blocks if parent and parent.phase == phase else MILESTONE_OF_PHASE[phase]
        section = Section(
            id=comment.id,
            title=line.label,
            phase=phase,
            line=line.number,
            blocks=values.get("blocks", inherited),
            parent=parent.id if parent else "",
            platform=values.get("platform", parent.platform if parent else ""),
        )
        self.sections[section.id] = section
        self._open.append((line.level, section))

    def _take_group(self, line: Line, comment: Comment) -> None:
        self._claim("item or group", comment.id, line)
        self.group_boxes += line.kind is LineKind.BOX
        self._add_group(line, comment.id, self._section_of(comment.id, line))

    def _take_item(self, line: Line, comment: Comment) -> None:
        self._claim("item or group", comment.id, line)
        section = self._section_of(comment.id, line)
        group_id, dot, _ = comment.id.partition(".")
        if not dot:
            self._add_group(line, comment.id, section)
        elif group_id not in self.groups:
            raise ChecklistError(
                f"the item {comment.id} belongs to an unknown group",
                where=self._where(line),
                expected=f"a line above it with 'gonogo: group {group_id}'",
                found="none",
                do="give the group's line its comment, or correct the item's id",
            )
        values = {**defaults(section, comment.values), **comment.values}
        values["markers"] = comment.values.get("markers", frozenset()) | {section.phase}
        if values.get("advisory"):
            values["blocks"] = ""
        self.items.append(
            Item(
                id=comment.id,
                label=line.label,
                section=section.id,
                group=group_id,
                phase=section.phase,
                line=line.number,
                text=line.text,
                text_sha256=_sha256(line.text),
                blanks=line.blanks,
                choices=line.choices,
                **values,
            )
        )

    def _take_sign(self, line: Line, comment: Comment) -> None:
        # A final role's id looks like an item's and must not be one.
        final = "." in comment.id
        self._claim("item or group" if final else "signature", comment.id, line)
        section = self._open_section(comment.id.partition("-")[0] if final else comment.id, line)
        self.signs.append((line, comment, section))

    def _take_field(self, line: Line, comment: Comment) -> None:
        self._claim("field", comment.id, line)
        section = self._open_section(comment.id.partition(".")[0], line)
        self.fields.append(
            Field(
                id=comment.id,
                label=line.label,
                section=section.id,
                line=line.number,
                text=line.text,
                blanks=line.blanks,
                choices=line.choices,
            )
        )

    def _add_group(self, line: Line, group_id: str, section: Section) -> None:
        self.groups[group_id] = Group(
            id=group_id, label=line.label, section=section.id, line=line.number, text=line.text
        )

    def _claim(self, space: str, id_: str, line: Line) -> None:
        first = self._line_of_id.setdefault((space, id_), line.number)
        if first != line.number:
            raise ChecklistError(
                f"the id {id_} stands twice",
                where=self._where(line),
                expected=f"each {space} id once",
                found=f"{id_} at line {first} too",
                do="give this line an id of its own",
            )

    def _section_of(self, id_: str, line: Line) -> Section:
        """Return the section of an item or group: the innermost heading above it, or an error."""
        here = self._open[-1][1] if self._open else None
        owners = [one for one in self.sections if f"{id_}.".startswith((f"{one}-", f"{one}."))]
        if here and here.id in owners:
            return here
        if owners:
            raise self._outside(max(owners, key=len), line)
        raise self._unknown(id_.partition("-")[0], line)

    def _open_section(self, section_id: str, line: Line) -> Section:
        """Return the section of that id if the line stands anywhere under its heading."""
        for _, section in self._open:
            if section.id == section_id:
                return section
        if section_id in self.sections:
            raise self._outside(section_id, line)
        raise self._unknown(section_id, line)

    def _unknown(self, section_id: str, line: Line) -> ChecklistError:
        return ChecklistError(
            f"the section {section_id} is unknown",
            where=self._where(line),
            expected=f"one of {', '.join(self.sections) or 'the sections (none so far)'}",
            found=section_id,
            do=f"give its heading the comment 'gonogo: section {section_id} phase=…'",
        )

    def _outside(self, section_id: str, line: Line) -> ChecklistError:
        here = self._open[-1][1].id if self._open else "no section"
        return ChecklistError(
            f"the line belongs to section {section_id} and stands elsewhere",
            where=self._where(line),
            expected=f"the heading of {section_id} above it",
            found=f"it stands in {here}: {line.comment}",
            do="move the line, or correct its id",
        )

    def _refuse_without_id(self, line: Line) -> None:
        if line.kind in (LineKind.BOX, LineKind.METRIC_ROW):
            expected = "an id such as 'gonogo: MIG-3.1', or a group"
        elif _is_signature(line):
            expected = "a signature such as 'gonogo: sign MIG'"
        elif line.blanks or line.choices:
            expected = "a field such as 'gonogo: field MIG.start'"
        else:
            return
        raise ChecklistError(
            f"this {line.kind} has no id",
            where=self._where(line),
            expected=expected,
            found=line.text,
            do="add a comment at the end of the line",
        )

    def _refuse_misplaced(self, line: Line, form: Form) -> None:
        allowed = (Form.SIGN,) if _is_signature(line) else _ALLOWED_FORMS[line.kind]
        wordless = not line.label and line.kind is not LineKind.OTHER
        if wordless or form not in allowed:
            raise ChecklistError(
                f"this {line.kind} cannot be the {form.noun} its comment names",
                where=self._where(line),
                expected=f"words, and the comment of {' or '.join(form.noun for form in allowed)}",
                found=line.text,
                do="correct the comment, or the line",
            )

    def _where(self, line: Line) -> str:
        return f"{self.path}:{line.number}"


def _is_signature(line: Line) -> bool:
    """Tell a line with a name and a date to fill in."""
    return line.kind is LineKind.OTHER and line.blanks > 1 and line.label != ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
