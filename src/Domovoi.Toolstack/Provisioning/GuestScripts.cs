// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Provisioning;

/// <summary>The few files that make busybox a small system with a shell on <c>hvc0</c>.</summary>
internal static class GuestScripts
{
    /// <summary>Where <see cref="Init"/> looks for a command to run instead of a shell.</summary>
    internal const string CommandFile = "etc/domovoi/command";

    /// <summary>Where <see cref="Init"/> looks for the modules to load, one path a line.</summary>
    internal const string ModuleList = "etc/domovoi/modules";

    /// <summary>Process 1.</summary>
    /// <remarks>The shell leads a session with hvc0 as its terminal, so job control works. When it ends, the guest powers off.</remarks>
    internal const string Init = """
        #!/bin/sh
        export PATH=/sbin:/bin:/usr/sbin:/usr/bin HOME=/root TERM="${TERM:-linux}"
        mount -t proc proc /proc
        mount -t sysfs sysfs /sys
        mount -t devtmpfs devtmpfs /dev 2>/dev/null
        mkdir -p /dev/pts /dev/shm /run /tmp
        mount -t devpts devpts /dev/pts
        mount -t tmpfs tmpfs /dev/shm
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /tmp
        ln -sf /proc/self/fd /dev/fd
        hostname -F /etc/hostname
        ip link set lo up 2>/dev/null
        if [ -f /etc/domovoi/modules ]; then
            while read -r module; do insmod "$module" 2>/dev/null; done </etc/domovoi/modules
            tries=100
            while [ $tries -gt 0 ] && cat /sys/bus/xen/devices/vbd-*/state 2>/dev/null | grep -qv Connected; do
                tries=$((tries - 1))
                usleep 20000
            done
        fi
        if [ -e /sys/class/net/eth0 ]; then
            ip link set eth0 up
            [ -f /etc/domovoi/dhcp ] && udhcpc -i eth0 -b -q -t 4 -T 1 -s /etc/domovoi/lease >/dev/null 2>&1
        fi
        console=/dev/hvc0
        [ -c $console ] || console=/dev/console
        if [ -f /etc/domovoi/command ]; then
            setsid -c /bin/sh /etc/domovoi/command <$console >$console 2>&1
        else
            cat /etc/motd >$console
            cd /root
            setsid -c /bin/sh -l <$console >$console 2>&1
        fi
        exec /sbin/poweroff

        """;

    /// <summary>Where <see cref="Init"/> looks whether to ask for an address.</summary>
    internal const string DhcpMark = "etc/domovoi/dhcp";

    /// <summary>What udhcpc runs when it has an address.</summary>
    internal const string LeaseFile = "etc/domovoi/lease";

    internal const string Lease = """
        #!/bin/sh
        [ "$1" = bound ] || exit 0
        ip addr add "$ip/$mask" dev "$interface"
        for router in $router; do ip route add default via "$router"; done
        for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf

        """;

    /// <summary>With a shell as process 1, nobody takes init's signals: ask the kernel.</summary>
    internal const string PowerOff = "#!/bin/sh\nexec /bin/busybox poweroff -f\n";

    internal const string Reboot = "#!/bin/sh\nexec /bin/busybox reboot -f\n";

    internal const string Halt = "#!/bin/sh\nexec /bin/busybox halt -f\n";

    /// <remarks>busybox's shell would run its own applets, which ask an init for what only the kernel can do here.</remarks>
    internal const string Profile =
        "export USER=root PS1='root@\\h:\\w\\$ '\nalias ll='ls -l' poweroff=/sbin/poweroff reboot=/sbin/reboot halt=/sbin/halt\n";

    internal const string Motd = """

        This is a Xen guest in an ordinary process. `poweroff` ends it, `reboot` starts it again.


        """;

    internal const string Passwd = "root::0:0:root:/root:/bin/sh\n";

    internal const string Group = "root:x:0:\n";

    internal const string HostName = "domovoi\n";
}
