from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.errors import TargetRefused, UsageError
from gonogo.target import check_effect, check_permissions
from selftest.unit.target_parts import production, settings_of


class TestPermissions:
    def test_no_action_needs_no_permission(self, tmp_path: Path) -> None:
        check_permissions(production(tmp_path), (), ())

    def test_actions_of_the_phases_selected_may_run_off_production(self, tmp_path: Path) -> None:
        check_permissions(settings_of(tmp_path), ["backup", "rollback"], {"phase1", "rollback"})

    def test_an_unknown_action_lists_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="migrat") as caught:
            check_permissions(settings_of(tmp_path), ["migrat"], {"phase1"})
        assert "backup, deploy" in caught.value.expected

    @pytest.mark.parametrize("phases", [set(), {"phase1", "final"}])
    def test_an_action_of_another_phase_is_refused(self, tmp_path: Path, phases: set[str]) -> None:
        with pytest.raises(UsageError, match="does not fit") as caught:
            check_permissions(settings_of(tmp_path), ["deploy"], phases)
        assert caught.value.expected == "-m phase2"

    @pytest.mark.parametrize("confirm", [None, "", "production", "acme-Production"])
    def test_production_needs_the_name_of_its_environment(
        self, tmp_path: Path, confirm: str | None
    ) -> None:
        with pytest.raises(TargetRefused, match="would change production") as caught:
            check_permissions(production(tmp_path), ["backup"], {"phase1"}, confirm)
        assert caught.value.expected == "--confirm acme-production"

    def test_production_may_be_acted_on_when_confirmed(self, tmp_path: Path) -> None:
        check_permissions(production(tmp_path), ["backup"], {"phase1"}, "acme-production")

    @pytest.mark.parametrize("name", ["rollback", "rollout1"])
    def test_rollouts_and_rollbacks_never_run_on_production(
        self, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(TargetRefused, match="never run from pytest"):
            check_permissions(production(tmp_path), [name], {name}, "acme-production")


class TestEffects:
    @pytest.mark.parametrize("effect", ["", "none", "target-write", "third-party-write"])
    def test_off_production_only_test_events_need_a_word(self, tmp_path: Path, effect: str) -> None:
        check_effect(settings_of(tmp_path), effect)

    def test_test_events_need_a_word_everywhere(self, tmp_path: Path) -> None:
        with pytest.raises(TargetRefused, match="test-event"):
            check_effect(settings_of(tmp_path), "test-event")
        check_effect(settings_of(tmp_path, target__actions=["test-event"]), "test-event")

    @pytest.mark.parametrize("effect", ["target-write", "third-party-write"])
    def test_on_production_every_effect_needs_its_own(self, tmp_path: Path, effect: str) -> None:
        with pytest.raises(TargetRefused, match=effect):
            check_effect(production(tmp_path, target__actions=["test-event"]), effect)
        check_effect(production(tmp_path, target__actions=[effect]), effect)
