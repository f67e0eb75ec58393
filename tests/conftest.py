"""Shape checks while tests run: all that enters or leaves `tutelage.functional` is held to its annotation."""

from hypothesis import settings
from jaxtyping import install_import_hook

# The hook works on modules as they are imported, so it stands before any test imports the package.
install_import_hook("tutelage.functional", "beartype.beartype")

# A busy machine is slow, not wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
