# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an image of Kafka keeps its tools and its data, and who runs it. Pure.

Private to the collection. The images' own entrypoints are not used: each knows other variables, and none formats a volume as is needed here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Places in an image.

    :ivar bin: folder of Kafka's tools, whose names end with the suffix.
    :ivar data: where the volume is mounted.
    :ivar user: and group: numbers of those that own Kafka's files, as the image has them.
    """

    name: str
    bin: str
    suffix: str
    data: str
    user: int
    group: int

    def tool(self, name: str) -> str:
        """Path of one of Kafka's tools."""
        return f"{self.bin}/{name}{self.suffix}"


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("apache", "/opt/kafka/bin", ".sh", "/var/lib/kafka/data", 1000, 1000),
        Layout("confluent", "/usr/bin", "", "/var/lib/kafka/data", 1000, 1000),
        Layout("bitnami", "/opt/bitnami/kafka/bin", ".sh", "/bitnami/kafka/data", 1001, 1001),
    )
}
AUTO = "auto"


def layout_of(image: str, named: str = AUTO) -> Layout:
    """Return the layout that is named, or else the one that the image's name stands for."""
    if named != AUTO:
        return LAYOUTS[named]
    repository = image.partition("@")[0]
    short = repository.rpartition("/")[2].partition(":")[0]
    if "bitnami" in repository:
        return LAYOUTS["bitnami"]
    return LAYOUTS["confluent" if short.startswith("cp-") else "apache"]
