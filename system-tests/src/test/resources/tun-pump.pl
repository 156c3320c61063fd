# Makes a TUN device in this process's network namespace and pumps its packets: out of it to standard output, into it
# from standard input, each with its length (16 bits, big endian) in front. A packet without bytes says that it is ready.
# Arguments: name of the device, its address, the address at its other end. Ends with its standard input.
use strict;
use warnings;

my ($name, $own, $peer) = @ARGV;
my ($TUNSETIFF, $IFF_TUN_NO_PI) = (0x400454ca, 0x1001);

open(my $tun, '+<', '/dev/net/tun') or die "/dev/net/tun: $!";
ioctl($tun, $TUNSETIFF, pack('a16 S x22', $name, $IFF_TUN_NO_PI)) or die "TUNSETIFF: $!";
for my $change ("link set lo up", "address add $own peer $peer dev $name", "link set $name up")
{
    system("ip $change") == 0 or die "ip $change";
}

sub write_all
{
    my ($file, $bytes) = @_;
    for (my $at = 0; $at < length($bytes);)
    {
        $at += syswrite($file, $bytes, length($bytes) - $at, $at) // exit(0);
    }
}

sub read_all
{
    my ($length) = @_;
    my $bytes = '';
    while (length($bytes) < $length)
    {
        sysread(STDIN, $bytes, $length - length($bytes), length($bytes)) or return undef;
    }
    return $bytes;
}

my $child = fork() // die "fork: $!";
if ($child == 0)
{
    write_all(*STDOUT, pack('n', 0));
    while (sysread($tun, my $packet, 65535))
    {
        write_all(*STDOUT, pack('n', length($packet)) . $packet);
    }
    exit(0);
}
while (defined(my $length = read_all(2)))
{
    my $packet = read_all(unpack('n', $length)) // last;
    # What the kernel does not want is lost, as on any network.
    syswrite($tun, $packet);
}
kill('TERM', $child);
