/*
 * Copyright (c) 2026, the kafkaops.kraft authors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The process that holds a pod's namespaces: sleeps until it is told to end.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void end(int signal_number)
{
    (void)signal_number;
    exit(0);
}

int main(void)
{
    signal(SIGINT, end);
    signal(SIGTERM, end);
    for (;;)
        pause();
}
