type Props = { size?: number };

/** Slipway's mark: a hull on the ways, with the chip that she carries. The name stands beside it. */
export function SlipwayMark({ size = 32 }: Props) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect width="64" height="64" rx="14" fill="#1a659a" />
      <g transform="rotate(14 32 32)">
        <path d="M-6 43h80v40H-6z" fill="#10264f" />
        <path
          d="M2 46h5v8H2zm9 0h5v8h-5zm9 0h5v8h-5zm9 0h5v8h-5zm9 0h5v8h-5zm9 0h5v8h-5z"
          fill="#f5b942"
        />
        <rect x="22" y="11" width="19" height="18" rx="3" fill="#d5e4f6" />
        <rect x="27" y="16" width="9" height="9" rx="2" fill="#f5b942" />
        <path d="M7 27h39c6 0 10-2 13-5 0 6-2 10-4 13H8z" fill="#fff" />
        <path d="M8 35h47c-3 5-7 8-12 8H13c-3 0-5-2-5-8z" fill="#e0532f" />
      </g>
    </svg>
  );
}
