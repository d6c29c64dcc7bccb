"""Collect what the lines of a checklist declare, and refuse what has no id of its own. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gonogo.checklist_attributes import Comment, Form, read_comment
from gonogo.checklist_document import Line, LineKind
from gonogo.checklist_items import (
    ATTESTATION_MAX_AGE_S,
    DEFAULT_ROLE,
    MAX_AGE_S_OF_PHASE,
    MILESTONE_OF_PHASE,
    PHASES,
    Field,
    Group,
    Item,
    Kind,
    Section,
    Signature,
)
from gonogo.errors import ChecklistError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEPENDS_ON_COMMIT = frozenset({"commit"})
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
    signs: list[tuple[Line, Comment]] = field(default_factory=list)
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

    def signed(self, line: Line, comment: Comment) -> Signature:
        """Return the signature of one line: over its section, or over everything (a final role)."""
        under = {comment.id}
        for section in self.sections.values():
            if section.parent in under:
                under.add(section.id)
        section_id = comment.id
        covers = tuple(item.id for item in self.items if item.section in under)
        if comment.id not in self.sections:
            section_id = self._section_of(comment.id, line).id
            covers = tuple(item.id for item in self.items)
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
            section=section_id,
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
        values = {**_defaults(section, comment.values), **comment.values}
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
        self._claim("signature", comment.id, line)
        if "." in comment.id:
            self._claim("item or group", comment.id, line)
        elif comment.id not in self.sections:
            raise self._unknown_section(comment.id, line)
        self.signs.append((line, comment))

    def _take_field(self, line: Line, comment: Comment) -> None:
        self._claim("field", comment.id, line)
        section_id = comment.id.partition(".")[0]
        if section_id not in self.sections:
            raise self._unknown_section(section_id, line)
        self.fields.append(
            Field(
                id=comment.id,
                label=line.label,
                section=section_id,
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
        """Return the section an item or group belongs to: the heading it stands under."""
        here = self._open[-1][1] if self._open else None
        if here and (id_ == here.id or id_.startswith((f"{here.id}-", f"{here.id}."))):
            return here
        prefix = id_.partition("-")[0]
        if prefix not in self.sections:
            raise self._unknown_section(prefix, line)
        raise ChecklistError(
            f"the id {id_} stands outside its section",
            where=self._where(line),
            expected=f"an id of section {here.id}" if here else "a section heading above it",
            found=id_,
            do="move the line, or correct its id",
        )

    def _unknown_section(self, section_id: str, line: Line) -> ChecklistError:
        return ChecklistError(
            f"the section {section_id} is unknown",
            where=self._where(line),
            expected=f"one of {', '.join(self.sections) or 'the sections (none so far)'}",
            found=section_id,
            do=f"give its heading the comment 'gonogo: section {section_id} phase=…'",
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
                f"this {line.kind} cannot be the {form} its comment names",
                where=self._where(line),
                expected=f"words, and a comment that names a {' or '.join(allowed)}",
                found=line.text,
                do="correct the comment, or the line",
            )

    def _where(self, line: Line) -> str:
        return f"{self.path}:{line.number}"


def _defaults(section: Section, explicit: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as its section, phase and kind give them."""
    kind = explicit.get("kind", Kind.A)
    # Hours before a deployment a promise of last week says nothing.
    signed_s = MAX_AGE_S_OF_PHASE["final"] if section.phase == "final" else ATTESTATION_MAX_AGE_S
    by_phase = MAX_AGE_S_OF_PHASE.get(section.phase)
    return {
        "blocks": section.blocks,
        "platform": section.platform,
        "depends": frozenset() if kind is Kind.H else _DEPENDS_ON_COMMIT,
        "max_age_s": signed_s if kind is Kind.H else by_phase,
        "attestation_max_age_s": explicit.get("max_age_s", signed_s),
    }


def _is_signature(line: Line) -> bool:
    """Tell a line with a name and a date to fill in."""
    return line.kind is LineKind.OTHER and line.blanks > 1 and line.label != ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
