# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metadata log as leaders sent it that had just copied a cluster of three brokers from ZooKeeper, and what kafka-dump-log said of it."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass

from ansible_collections.kafkaops.kraft.plugins.module_utils._core._metadata.metadata_records import (
    MetadataLog,
    Registration,
)


def _bytes(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def _dumped(metadata_version: int, epochs: tuple[int, int, int]) -> MetadataLog:
    """What the tool says of three brokers that migrate, with the epochs of their registrations, and three controllers."""
    return MetadataLog(
        brokers={
            broker: Registration(fenced=False, migrating=True, epoch=epoch, in_controlled_shutdown=False)
            for broker, epoch in enumerate(epochs)
        },
        controllers={3000: True, 3001: True, 3002: True},
        migration_state="MIGRATION",
        features={"metadata.version": metadata_version},
        problems=(),
        migration_offset=-1,
        why="",
    )


@dataclass(frozen=True)
class LogCapture:
    """Answers of one version of Kafka, without the size before them; ``dumped`` is what parse_dump makes of the tool's output.

    Requests: the log from offset 0 (1, answered by the id of a checkpoint), the checkpoint (4), the log behind it (5).
    """

    beginning: bytes
    checkpoint: bytes
    behind: bytes
    dumped: MetadataLog


LOGS = {
    "3.7.2": LogCapture(
        beginning=_bytes("eNpjYGBgZEAAJgZUwIgq0PQfCuDyIA4jEyMnAwP3TrB+Jl6oVCTUOAAvzw27"),
        checkpoint=_bytes(
            "eNpjYGBgYYAAJuH4+OSc0uKS1KL43NSSxJTEkkQmBmQQCVIFZXMrwUQXiyEpcQcpYZpw3K+AQQEiwrhI3UjZCkb/RwEgaS0gwQHE"
            "zGIw1Uof4MYxMjBwVYCNfPxcYx9YSAZqlDWMxjBS1gqkU4+Rh0EQ5g+9stSi4sz8PAZhBgagPUyMXIyiIMPnAL3DwtjHxMjADLau"
            "7c/jmJmznVXXC63/9OyzTC/UGaJMXAE+jp5+Ia4RIZrZiWnZiboGemBarzyzKFU3JzFJr7gsWQ8afHo5+cmJOcotIIdjc4IwxGuC"
            "TJYMHS8WfGqOOSuSoNKiw7wD7B42uHsYGeVX3FcTmuf2YdtF7mDrS78XQt0jhukeQ2q4h2+PeCyTUHrzM8e490/D5a6C3cMBdw8T"
            "I/Ny/wmXmRxO7z744fNfS/OfUPfYYbrHiBru2f79/Ntlcwq32ld/k+E43n6F4REoQTBeYWSUBiXBHblucksKJrlKz1/TI7d5z1RD"
            "RiZuZ3+/kCB/Hx/XIM3sosS0ElBEgWh8DmnF7hBGsENAVvLArdx5Vu9hcc4en+8NZ3n46+M+12Oz0pAKVvLBrdxlvapp0WUJt45+"
            "HZF4qd37vmCz0ohCK90YGAQYrRiZGDhL8gsyk3UNjDL7FXSCfjtWL2xYK8fELfKRgeEB0FlCjJcYGZkZQRGEroAFkWeB+RWcXBih"
            "BQZIioWFgWQAslEEbiMjNhth5REj9WwUg9vIhM1GmBUM1LNRAm4jM65QZaKeH4FxLYUS14YiBVv7V19w3LHErmVlrdw5E4irZBBx"
            "ja6ARiEvh4hrbDbSIOQVEHGNzUYapGclRFzjClVG6vpRBW4jC65QZaCuH9XgNrLiClXqpmcNlPRsUFVww+vIe8eDi+KMolKPrLsK"
            "cZUWIj2jK6BROOgg0jM2G6kcDiAb9RDpGZuNVE5dIQwMBowejCwMTPBqQyQ3M08vM6+4Mi9Zryi1ICczObGYyQis1AhVqSEupWEM"
            "DCaMXshKDfiTc1IT80oL9ArygcoqOZLzcwsSk0sYGBIYGMwYQ1DUioGMhSoAVnB6OYnpernFbGYGQAB2hwWqOwxwuQMK5IDYHpwu"
            "BEQ1S1CatbYwGrNZKwVt1rKwQcoQTlDjARrcAH8yEkY="
        ),
        behind=_bytes(
            "eNpjYGBgZUAAJgZUwIgq0PQfCuDyIM4LISgvEohtQKYwpb7md4KrWaRupOIIo/+jAJC0CIjgAFNQEAXE0WBz6t/EFaCYswxGY5oT"
            "BCLcGFkZgTSrSMHW/tUXHHcssWtZWSt3zoSRgZMZ6j9GmIFAK5g0wdZsq3iwHCzEDTX+LozGsIYH2RoWvNYAVTLBVDITUskCU8lE"
            "SCUbTCUjIZUcMJUMhFRywW2vKrjhdeS948FFcUZRqUfWXUVXyQO3nZBKPrjthFQKwEMps19BJ+i3Y/XChrVyTNwiH9FVCsHdSUil"
            "CNydhFSKwd2JVyUUpMPT+K0PZdXIaVPNFEYTk8YzgDgLbM6CTwKvIIZA9GtowmgMc5iQzIkCpS4/nMmdlwXd5QwQG5kiwbaK2q3k"
            "RU7yGsthNGaSB+VHmFUsBK1CdhgzMapZYKqZiFHNBlPNSIxqDphqBmJUc8FdgplkMVXzwF1CjGo+uEuIUS0AD0HMRImpWgjubmJU"
            "i8DdTYxqMbi7CaqGgjJ4Frmaf3c5chbRkoPRxGSRcrg5z0R+NiOboyMEo4kxpwJuTlVX+VRkc/TYYDQx5lTCzRFco6eBbI7+LxhN"
            "jDlVcHMehj8IRTbH8D2MJsacaoR7jj9JQjbH+AmMJsacGrg5GzsYViKbY3oDRhNjTi3cHF2xvv3I5pifgdHEmFMHN+d6ncdDZHMs"
            "D8BoYsyph5uTkWp4A9kc6y0wmhhzGuDm1Fh6ozRHbFfCaGLMaYSbw9SwSwfZHPu5MBqvOYyMnMDyeic0zwEAqZJXmQ=="
        ),
        dumped=_dumped(19, epochs=(21, 22, 62)),
    ),
    "3.8.1": LogCapture(
        beginning=_bytes("eNpjYGBgZEAAJgZUwIgqUP0fCuDyIA4jEyMnAwP3DhCfgYkXKhXPADEaAC5lDbc="),
        checkpoint=_bytes(
            "eNpjYGBgYYAAJuH4+OSc0uKS1KL43NSSxJTEkkQmBmQQD8SMUDZ3GEz0uhiSEneQEqYTL61zGRQgIoyL1PWzt8Po/ygAJK0FJDiA"
            "mFkMpjrrG9w4oG1ca8BGNvw/vg8sJAM16gCMxjBS1gqkQ4+Rh0EQ5g+9stSi4sz8PAYRBgagPUyMXIyiIMPnAD3IwtjHxMjADLZu"
            "cqLvKvEXjiL9k5eyu/9snwl1hgsTV4CPo6dfiGtEiGZ2Ylp2oq6BHpjWK88sStXNSUzSKy5L1oMGn15OfnJijnILKFCxOUEE4jVB"
            "Jo/gM2Zazm7by7qSOWf+2dYEdg8b3D2MjIKb61aGprg/3/xyRc+dtFA7qHsEMN1jSA333JkfIXxn6svTm6y3F/tnpOaB3cMBdw8T"
            "47fvPgtuNLkun5YwafGBLpc5UPfYY7rHiBrumTLbV+l9m1vWvd0lBj9TXlQxPAIlCMYrjIzSoCS4Y4mcvt1VYbfPs26ky5tv2cvN"
            "yMTt7O8XEuTv4+MapJldlJhWAoooEI3PIa3YHcIIdgjISh64lTsfKbm7Hutw45+1JVnjofzCI9isNKSClXxwK3ddE3O17TngXd0c"
            "6CD5eULBR2xWGlFopRswUTFaMTIxcJbkF2Qm6xoYJqZJ3m3Q9O3cv+jX2vfru4BOeQF0lhDjLUZGZnAhgK6ABZFnGZiYYQxGRigL"
            "JM3GwkAyANkqAreVEZutsFKKkbq2isFtZcJmKyPMZuraKgG3lRlXCDNR369ScFtZcIUwI/X9KgO3lRVXCDNQNzUB07kcSjo3Ut8m"
            "fXTRSs/HWz/53jkpWLgO4jIFRDpHV0DD8FBCpHNsttIgPEC2qiDSOTZbaZTi1BDpHFcIUzlPA+NeAyXuDVbsaUzdq+Dgv6Cvinfr"
            "n61TIS7TQsQ9ugIa5nsdRNxjs5VGJaseIu6x2UqDWAC2Gw0YvRhZGJjg0cCfnJOamFdaoFeQn5OZXMmRnJ9bkJhcwsCQwMBgxBiC"
            "olYsNzNPD6oAWH3p5SSm6+UWs5kZAAEDQwgDgwmjB4oGEZCGzLziyrxkvaLUAqAFicVMRmClZqhKDfEotUBVaoRLKRTIgRpF4Hbr"
            "aUvm6yhN4SMwGrMpLAVtCrOwQWKbE9TGgQY3AJQeKRo="
        ),
        behind=_bytes(
            "eNpjYGBgZUAAJgZUwIgqUP0fCuDyIM4ZXigvHohtwLpmT1KYBFezSF0/+yeM/o8CQNIiIIIDTEFBAtAh7WBzOAvtuMBCPBD9ucYw"
            "GsMc3iiQDj9GVkYgzZqYJnm3QdO3c/+iX2vfr++SZmTgZQHJw/0IVM0EU81CjGoWmGpmYlSzwVQzEaOaA6aakRjVXDDVDMSo5oG7"
            "ZMWextS9Cg7+C/qqeLf+2ToVm2o+uEuIUS0AdwkxqoXgIai+TfroopWej7d+8r1zUrBwHTbVInB3E6NaDO5uYlRLwN1NUDUU5MKT"
            "dnJr/E7kpJ37FkYTk7Tz4Oac01p5G9mc/Ecwmhhz8uHmHHytm4FsTuENGE2MOQVwc2JLF9chm1N8BkYTY04h3BwLq7RiZHNKD8Jo"
            "YswpgpvTrijvhWxO+VYYTYw5xXBzvrG7nkI2p3IVjCbGnBK4OR37tkxDNqd6HowmxpxSuDm7j07YhGxO7SQYTYw5ZXBzCvP/9yKb"
            "U98Oo4kxpxxujvykm23I5jRWw2hizKmAm9PMEz4B2ZzmfBhNjDmVcHM2lBdvQTanNRlGE2NOFdycy5e35yCb0x4Bo/Gaw8jIycDA"
            "vQNaBgAANxnZLA=="
        ),
        dumped=_dumped(20, epochs=(68, 16, 63)),
    ),
    "3.9.2": LogCapture(
        beginning=_bytes("eNpjYGBgZEAAJgZUwIgqUPIfCuDyIA4jEyMnAwP3DhCfgYkXKhXFADEaACzRDas="),
        checkpoint=_bytes(
            "eNpjYGBgYYAAJuH4+OSc0uKS1KL43NSSxJTEkkQmBmQQBcSMUDb3CZjoSXEkJe4gJUyynvNDGRQgIoyL1I21rWH0fxQAktYCEhxA"
            "zCwGU631Cm4c0DZuObCRAksu5IKFZAgaKWsF0qHHyMMgCPOHXllqUXFmfh6DKAMD0B4mRi5GUZDhh4AeZGHcwsTIwAy2blOtfNj/"
            "fJfTra9yFi/ISPkCdYYdE1eAj6OnX4hrRIhmdmJadqKugR6Y1ivPLErVzUlM0isuS9aDBp9eTn5yYo5yC8hXfNlFiWklcPtBXsLm"
            "KlGIbwWZvMRevCuR+HOW1cJqvvcitulgJ7LBncjI+Nbqa7Ndif+cVbzRZa+ZDPShTuTHdKIhjZy49uTHRwuDerLX/M0U+ylpYgF2"
            "IgfciUyMa9dozLg503fNaoX7f5Mcl5ZCnSiA6UQjGjlxlbBMZUDm6x37DY7M+rSWs5ChA+hELsZfjIzSoLS7o/Co7O1lC/wmbWzU"
            "meiyyT6MkYnb2d8vJMjfx8c1SBNsGSiGwZbicVsr0W5jBLsN5AoeuCt2ivh73/hl4PBvjZea0oc/90yxucKQNq7gg7tiF7uYXbOz"
            "kGf/hC97HbbVbtmGzRVG1HeFGzBBMFoxMjFwluQXZCbrGhjk3+3d8knD+dmWZ0fK3j9bc46B4QUwiwox3mJkZAYXO+gKWJDKIyZm"
            "KIeJkRHKAkmzsTCQDEC2isBtZcRmK9hGkCSqrUwU2ioGt5UJm61MMP9Sz1ZgLEigxIJh15zJ5VoXnR5MSp+XY/Xj4ReIy6QQsYCu"
            "gEYuA9kqg4gFbLbSKO7lELGAzVYaxb0C3FZmXCHMQH1bleC2suAKYSbMeKU0hFXgtrLiCmFG6sYrMJ2roaRzo2P+Z40L+B2+dz+Z"
            "v8DzwyoXiMs0EOkcXQENY0ELkc6x2UqjWNBBpHNsttIgFkC26iHSOa4QpnJJEsbAYMDoxcjCwASvaviTc1IT80oL9AryczKTKzmS"
            "83MLEpNLGBgSGBiMGENQ1IrlZubpQRUAqy+9nMR0vdxiNjMDIGBgCGFgMGH0QNEgAtKQmVdcmZesV5RaALQgsZjJCKzUDFWpIR6l"
            "FqhKjXAphQJQK9ke3FK2+/j6Kkrj2wZGYza+paCNbxY2SGxzghpH0IAHAM6MUbw="
        ),
        behind=_bytes(
            "eNpjYGBgZUAAJgZUwIgqUPofCuDyIE4LL5QXBcS9YF2pVVorIQqAaJG6sU45jP6PAkBWgnQx+jGyMoLUd82ZXK510enBpPR5OVY/"
            "Hn5hZOBlgRgDdRtQNRNMNeMx/7PGBfwO37ufzF/g+WGVC4ZqKIgB8s3ADrOrru4GC3FDHbQERmM4jEcEpIODUQTNVlZi3MgCU81C"
            "jGo2uI+IUc0BD638u71bPmk4P9vy7EjZ+2drzmFTzQVTzUQwtICqeWCqmYlxCR/cbGJUC8BVE+NuIXiYEKNaBB4mxPhSDO5LYlNQ"
            "BhDbgFOQWv1+N3jyB6YcvRkwGiMFMSKlICjIhJvTsGGCELI5Bj0wmhhzsuDmNJYtUUI2x6gRRhNjTjbcnDu+XrLI5piUwmhizMmB"
            "m/NrjcJCZHPMMmE0Mebkws3R7D+0C9kci1gYTYw5eXBz6mrFFyObYxUIo4kxJx9uTo2592dkc2zcYDQx5hTAzakMvpaAbI6dFYwm"
            "xpxCuDkLBc9ZIpvjoAejiTGnCG7O3xccMcjmOKnDaGLMKYabE7v8zXRkc1ykYTQx5pTAzVlr/mIBsjluAjAarzmMjJzAQn0HNO8C"
            "AOJFvoU="
        ),
        dumped=_dumped(21, epochs=(62, 15, 16)),
    ),
}

#: the log of 3.9.2 from offset 50 (request 8), the copy among it, and the records of interest as the tool listed them
MIDDLE = _bytes(
    "eNqNl2tMHFUUx+8ddsmytJTFZdnUtiJtKGxgsoXKY4uEIsWWbatGbBpCk47Llq47+3B3WUSsSoJNtJI2klg/mJY+kqqtpkESjR/U"
    "VOOXplUTH4nR+GoIaUw12vggbfDOMOf0DvvgXjL7z9w59zfncefMQAixkTtDIuZBzRNDC8bA69rJt/caZw3saNNXXV5va0eb0xsb"
    "HTWgC6ahXXZqPzZdjNGInF/fcft5zl1rQUU4m5HzxddtMZ5T7gAV4dyHnJ3+6RGeU2EFFeE0Ice3bUuQ57j/AxXhNCOn//CrNp6z"
    "+gaoCKcFObHb03U8Z80voCKcVuT8bXnsKM9Z9x2oCMeHnLrxF4t4TuXnoCKcLcgZTfeX8pyqT0BFOG3Imbr2lZPnbHgPVIRzP3IO"
    "Wz98g+dUnwcV4WiP1I86Z6Co9uNFyOL6mmnQDI50SXuG6YxESYG+YvrQPXsWYl2XX7iunpk6OHAT4JL94Z1bd+zu3ba3tzasHAgr"
    "9V5ZV3k4lAjWq8rjcjIdkAPqUDIVTMhqLKCo68fZyoKScEI5kJLTwUQyFIvqXjkiwZQyoKQUnC1nf+wCuyT1uOZupNy3rlhbfCf9"
    "pwuPExajZA61gx1+PVT7rdYxPmW1cdDMlGkNiFZTB9+z2tk9sV9tRezkfHGYx3p8oDmxFcz5lSv7/JW7QoMJJbUYqj46CbHM61jn"
    "xGSVPlVu4M6DZmBdXIG7tQT4WLctSsXioUC9t+Gzh640xld1/HPk2smpHX+81UVIL7sJ3U4tREIjZyQUlUPR5Eg0ICeCcTUUUJIS"
    "83acbYtC+hTVC06Woixco9dNqDZBqTGtXS5cZNiAQbMxYAExM6iZYQeGlI1BYGlexgpgFOSKhWb6wcXC0ltiSq839sPEzJ81D8zO"
    "zH6a/n32wlVC9hBSSnv49HpXBdSgEh2Ky/EYS+2ILRCLxJVAipD9hJTRXpOtSyuFYcB2hqwqg3IkWdjkZUOvndNcO2++2rmwdkv9"
    "hLyTZXPmxtplY8DLPn/9V2PtsjGE8r7GlPdNL70+Oez5svOnVwZPqL5/f76pp2adOTWb8qWmErfCUpT4tq7CsLIxxFKzARjWXIzl"
    "t3U1ligbQ6zMNcCw5GIs/4h6cLvlymn+MhtjLzu2613Q9u7FB/nXk+c6aObryaWZ2Wm5Zmu8B9x3uncfOyZ0ZvBpz5s8s24YNJOp"
    "raK7qZVmi4k1cVNqtHtIYJ3R6DKsjdHPzpt0x9pHR4/oU8WGQ2dBMxxbwbV8/q5WER8tYG0RsS7EiESsbZitpQ96Nms7WEvLZqtP"
    "a96GdYGIJyXIFrEuRWsRv8swJyLWTsyJSJQujFJ0Bx3Er8Lq5z7q5r9F5NdARb4KQ8h5/uKxMp7jfRlUhPMEcsbSZ6t4TsMYqAgn"
    "jJzvd/Ws5Tmbh0BFOCpy5i9UnuI5TSFQEU4EObVHL33Ac1r2gYpwosh59lDFGZ7jewRUhBNDzjPN/r94Tls3qAgnjpyRR7/Zz3Pa"
    "faAinCeRc8pxtZXndMigIpwEcm7P2fp5TudGUBFOEjn7zv12nOd03Q0qwkkh5+3muSme010KmpdDKfsftPh949n9H0o1M0o="
)
MIDDLE_DUMPED = [
    (62, "REGISTER_BROKER_RECORD"),
    (64, "BROKER_REGISTRATION_CHANGE_RECORD"),
    (65, "BEGIN_TRANSACTION_RECORD"),
    (88, "ZK_MIGRATION_STATE_RECORD"),
    (89, "END_TRANSACTION_RECORD"),
]
MIDDLE_ENDS = 117
