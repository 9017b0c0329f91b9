"""The register in the administration pages; imported so that every class registers itself."""

from registry.admin import algorithms, assurance

__all__ = ["algorithms", "assurance"]
