"""Requests in JSON to an address: repeated while it is worth it, with a key that no message shows. Needs httpx2."""

from tutelage.http.key import hide, key_from
from tutelage.http.patience import PassingError, Patience, persist
from tutelage.http.posting import post, post_json

__all__ = ["PassingError", "Patience", "hide", "key_from", "persist", "post", "post_json"]
