"""Scenes of the core for receivers that are part of a dialogue."""

from tests.delivery.conftest import set_scene

__all__ = ["set_scene"]
