/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
package kafkaops.sandbox;

import kafka.security.authorizer.AclAuthorizer;

/** An authorizer that is not Kafka's own, as vendors have them: nobody but its vendor knows what becomes of it in KRaft mode. */
public final class VendorAuthorizer extends AclAuthorizer {
}
