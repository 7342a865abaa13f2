"""Scenes for tests of the core, on both engines."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from delivery.importing import TASK, ImportRows
from tests.delivery.scene import Carrier, Scene, mail_relay, post_office, text_carrier

SetScene = Callable[..., Scene]


@pytest.fixture
def set_scene(tables_url: str, tmp_path: Path) -> Iterator[SetScene]:
    """Set a scene with carriers of the test's choice."""
    scenes: list[Scene] = []

    def set_it(*carriers: Carrier) -> Scene:
        scene = Scene(tables_url, f"file://{tmp_path / 'blobs'}", carriers)
        scenes.append(scene)
        return scene

    yield set_it
    for scene in scenes:
        scene.close()


@pytest.fixture
def scene(set_scene: SetScene) -> Scene:
    """A scene with a carrier for texts, one for mails and the post."""
    return set_scene(text_carrier(), mail_relay(), post_office())


@pytest.fixture
def court(set_scene: SetScene) -> Scene:
    """A court that takes dockets in."""
    scene = set_scene(text_carrier(), mail_relay(), post_office())
    scene.handle(TASK, ImportRows())
    return scene
