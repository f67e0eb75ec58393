"""Models and data sets of a hub: what a name means, at which commit, and how it comes onto this machine."""

from tutelage.hub.names import HubName
from tutelage.hub.repositories import Kind, commit_of, fetch
from tutelage.hub.uploading import Upload, require_model, upload, upload_of

__all__ = ["HubName", "Kind", "Upload", "commit_of", "fetch", "require_model", "upload", "upload_of"]
