# shellcheck shell=bash
# The part of the launcher that runs pods: kubelet on the image store, kube-proxy, a bridge for the pods. Sourced by k3s.

CNI=$DATA/agent/cni
# Own branch of the tree of control groups, so that what is left of it can be told apart.
CGROUP=${K3S_STANDIN_CGROUP:-}

start_node() {
  mkdir -p "$CNI/bin" "$CNI/net.d" "$ROOT/var/lib/kubelet" "$ROOT/var/log/pods"
  local plugin
  for plugin in bridge host-local loopback portmap; do
    ln -sfT "$(readlink -f "$(command -v "$plugin")")" "$CNI/bin/$plugin"
  done
  cat >"$CNI/net.d/10-pods.conflist" <<JSON
{ "cniVersion": "1.0.0", "name": "pods", "plugins": [
  { "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
    "ipam": { "type": "host-local", "dataDir": "$STATE/cni", "ranges": [[{ "subnet": "${PODS%.*.*}.0.0/24" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
  { "type": "portmap", "capabilities": { "portMappings": true } }
] }
JSON
  printf 1 >/proc/sys/net/ipv4/ip_forward
  local group
  if [[ -n $CGROUP ]]; then
    for group in /sys/fs/cgroup/*/; do [[ ! -e $group/cgroup.procs ]] || mkdir -p "$group$CGROUP"; done
    # A group of processors is of no use before it is told which.
    if [[ -e /sys/fs/cgroup/cpuset/cpuset.cpus ]]; then
      cat /sys/fs/cgroup/cpuset/cpuset.cpus >"/sys/fs/cgroup/cpuset$CGROUP/cpuset.cpus"
      cat /sys/fs/cgroup/cpuset/cpuset.mems >"/sys/fs/cgroup/cpuset$CGROUP/cpuset.mems"
    fi
  fi
  kubeconfig node "$DATA/agent/kubelet.yaml"
  kubeconfig proxy "$DATA/agent/proxy.yaml"
  cat >"$DATA/agent/kubelet-config.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $BIND
authentication: { anonymous: { enabled: false }, webhook: { enabled: false }, x509: { clientCAFile: $TLS/ca.crt } }
authorization: { mode: AlwaysAllow }
tlsCertFile: $TLS/node.crt
tlsPrivateKeyFile: $TLS/node.key
containerRuntimeEndpoint: unix://$SOCKET
cgroupDriver: cgroupfs
cgroupRoot: ${CGROUP:-/}
cgroupsPerQOS: true
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
clusterDNS: [$(one cluster-dns)]
clusterDomain: cluster.local
podLogsDir: $ROOT/var/log/pods
volumePluginDir: $DATA/agent/volume-plugins
evictionHard: {}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
nodeStatusUpdateFrequency: 4s
YAML
  begin kubelet --config="$DATA/agent/kubelet-config.yaml" --kubeconfig="$DATA/agent/kubelet.yaml" --root-dir="$ROOT/var/lib/kubelet" \
    --hostname-override="$NODE" --node-ip="$(one node-ip)" --cert-dir="$DATA/agent/pki"
  cat >"$DATA/agent/proxy-config.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: $NODE
clusterCIDR: $PODS
clientConnection: { kubeconfig: $DATA/agent/proxy.yaml }
conntrack: { maxPerCore: 0, min: 0 }
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
YAML
  begin kube-proxy --config="$DATA/agent/proxy-config.yaml"
}
