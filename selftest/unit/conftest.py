from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.dossier import Dossier


@pytest.fixture
def dossier(tmp_path: Path) -> Dossier:
    return Dossier(tmp_path / "reports/1.0-c0ffee0000-rehearsal")
