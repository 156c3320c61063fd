package io.umbra.engine.command;

import picocli.CommandLine.Command;

/**
 * {@code umbra replay}: what the flight recorder has recorded.
 */
@Command(
    name = "replay",
    description = "Reads what the flight recorder has recorded, also while the engine runs.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
        "  umbra replay list --archive /var/lib/umbra/paris/archive",
        "  umbra replay rebuild --archive /mnt/archive --into /var/lib/umbra/rebuilt"},
    mixinStandardHelpOptions = true,
    subcommands = {
        ReplayListCommand.class, ReplayShowCommand.class, ReplayRebuildCommand.class, ReplayCompareCommand.class})
final class ReplayCommand
{
}
