import { ask, type Machine } from './machine.ts';

/**
 * What a box has come to, as text: objects and images of the platform, settings with their modes, the report's outcome, units that failed,
 * half-written files. Times, identifiers of the boot and process numbers are not in it.
 */
export function endStateOf(machine: Machine): Promise<string> {
  return ask(
    machine,
    `cd /var/lib/rancher/k3s && echo objects && sha256sum objects/* && echo images && cat images/*
     echo twice; sort created.log | uniq -d; sort imported.log | uniq -d
     echo settings; cd /etc/rancher && find . -type f -printf '%m %p ' -exec sha256sum {} \\; | sort -k 2
     echo outcome; sed -n 's/.*"outcome":"\\([a-z]*\\)".*/\\1/p' /var/lib/appliance/boot.json
     echo warnings; grep -c '"level":"warn"' /var/lib/appliance/boot.json
     echo units; systemctl show -p SubState --value appliance-bootstrap.service k3s.service appliance-agent.service; systemctl list-units --failed --plain --no-legend
     echo retries; cut -d ' ' -f 1 /run/appliance-back-off/*/failures
     echo link; ip -4 -brief address show dev appl0 | tr -s ' ' | cut -d ' ' -f 1,3
     echo half-written; find /etc /var/lib -xdev \\( -name '*.part*' -o -name '.*.part' -o -size 0 -path '/var/lib/rancher/*' ! -name '*.log' \\)`,
  );
}
